// Identity of the core library. Locals are not cleared: clearing costs time, and XMM registers that hot paths must not touch.
[assembly: System.Reflection.AssemblyVersion("10.0.0.0")]
[assembly: DisableRuntimeMarshalling]
[module: SkipLocalsInit]
