"""How single layers are stored; a format gives each of its layers one of these."""
