"""Person detectors behind one interface, one module each."""
