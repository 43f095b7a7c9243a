// Names that nearly every file of the kernel needs.
global using System;
global using System.Runtime;
global using System.Runtime.CompilerServices;
global using System.Runtime.InteropServices;
global using System.Threading;
global using Kilonova.Abi;
