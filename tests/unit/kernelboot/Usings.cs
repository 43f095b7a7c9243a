// The kernel's own levels: the components' have the same name in lib/abi.
global using LogLevel = Kilonova.Kernel.LogLevel;
