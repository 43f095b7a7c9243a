// Compiled into every freestanding assembly that may use unsafe code: its methods do not clear their locals on entry.
[module: System.Runtime.CompilerServices.SkipLocalsInit]
