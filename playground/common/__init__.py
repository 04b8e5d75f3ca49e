"""What every part of the playground uses: errors, arguments, close codes and text."""
