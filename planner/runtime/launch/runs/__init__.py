"""How a launcher's deployment is run from here: one module each, named as the launcher is."""
