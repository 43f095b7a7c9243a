using System;
using System.IO;
using System.Linq;
using Kilonova.Elf;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>
/// What protects the kernel from user mode, read from the CPU by the debugger: control registers when the first user instruction is about
/// to run, and RFLAGS when the kernel handles an exception.
/// </summary>
public class ProtectionTests
{
    private const int InstructionPointer = 16;
    private const int Flags = 17;
    private const int Cr0 = 27;
    private const int Cr4 = 30;
    private const int Efer = 32;

    private const ulong DirectionFlag = 1ul << 10;
    private const ulong AlignmentCheck = 1ul << 18;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Fact]
    public void The_CPU_keeps_the_kernel_from_user_pages_and_the_user_from_the_kernel() => AtFirstUserInstruction(session =>
    {
        const ulong WriteProtect = 1ul << 16;
        const ulong NoExecute = 1ul << 11;
        const ulong Umip = 1ul << 11;
        const ulong Smep = 1ul << 20;
        const ulong Smap = 1ul << 21;

        Assert.Equal(WriteProtect, session.Register(Cr0) & WriteProtect);
        Assert.Equal(NoExecute, session.Register(Efer) & NoExecute);
        Assert.Equal(Umip | Smep | Smap, session.Register(Cr4) & (Umip | Smep | Smap));
    });

    [Fact]
    public void No_flag_of_the_user_weakens_the_kernel() => AtFirstUserInstruction(session =>
    {
        session.SetRegister(Flags, session.Register(Flags) | AlignmentCheck | DirectionFlag, sizeof(uint));
        session.SetRegister(InstructionPointer, 0);

        session.RunTo(Symbol("kernel.elf", "entry_handle_user"));

        Assert.Equal(0ul, session.Register(Flags) & (AlignmentCheck | DirectionFlag));
    });

    private static void AtFirstUserInstruction(Action<GdbSession> look)
    {
        string socket = GdbSession.NewPath();
        QemuSpec spec = new(BootPath.Kernel, "q35", "max", 1) { Options = GdbSession.Options(socket) };
        using Emulator machine = QemuMachine.Start(spec, BootImage.OfScenario("hello"));
        using GdbSession session = new(socket, s_patience);
        session.RunTo(ElfFile.Load(Path.Combine(Repository.Out, "components", "hello.elf")).Entry);
        look(session);
    }

    private static ulong Symbol(string image, string name)
        => ElfFile.Load(Path.Combine(Repository.Out, image)).Symbols.Single(symbol => symbol.Name == name).Address;
}
