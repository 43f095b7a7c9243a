using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kilonova.Build.Tests")]
