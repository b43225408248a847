"""Between the engine and this process: one plugin that serves resources and components of the package `kafkadr`."""
