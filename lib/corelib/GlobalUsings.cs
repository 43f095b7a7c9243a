// Names that nearly every file of the core library needs.
global using System;
global using System.Runtime;
global using System.Runtime.CompilerServices;
global using Internal.Runtime;
