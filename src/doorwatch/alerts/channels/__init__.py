"""Ways a message can leave: one module each."""
