"""Access control systems behind one protocol: `driver` says what each must provide, each folder is one system."""
