"""The endpoints of a first start: plain Starlette files, shown in the editor as they are."""
