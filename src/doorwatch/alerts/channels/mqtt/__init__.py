"""MQTT: one JSON message for each alert, to a broker that building systems listen at."""
