"""Tools of the project itself: nothing here is installed or imported by the product."""
