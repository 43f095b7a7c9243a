using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("vmm-linux")]
[assembly: InternalsVisibleTo("vmm-micro")]
[assembly: InternalsVisibleTo("vmm-multiboot")]
[assembly: InternalsVisibleTo("vmm-pc")]
