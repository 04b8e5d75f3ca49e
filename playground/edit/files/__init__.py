"""Files that are applied when they are saved, with the modules beside them."""
