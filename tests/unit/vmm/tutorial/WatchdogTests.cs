using System.Collections.Generic;
using Kilonova.Vmm.Tests;
using Xunit;

namespace Kilonova.Vmm.Tutorial;

/// <summary>The device of docs/vmm/writing-a-device.md.</summary>
public sealed class WatchdogTests : IMachineControl
{
    private const ushort Port = 0x5f0;
    private const ulong Millisecond = 1_000_000;

    private readonly FakeClock _clock = new();
    private readonly LineRecorder _lines = new();
    private readonly PortBus _ports = new(new HostLock());
    private readonly List<MachineRequest> _requests = [];

    public WatchdogTests()
    {
        var watchdog = new Watchdog(Port, new InterruptLine(_lines, 5), _clock.Queue(), this, new HostLock());
        Assert.True(watchdog.Map(_ports));
    }

    void IMachineControl.Request(MachineRequest request) => _requests.Add(request);

    [Fact]
    public void Who_does_not_write_in_time_is_reminded_and_then_reset()
    {
        _ports.Write(Port, 2, 100);
        _clock.Advance(99 * Millisecond);
        Assert.False(_lines.Level[5]);

        _clock.Advance(Millisecond);
        Assert.True(_lines.Level[5]);
        Assert.Equal((100u, 1u), (_ports.Read(Port, 2), _ports.Read(Port + 2, 1)));
        Assert.Empty(_requests);

        _clock.Advance(100 * Millisecond);
        Assert.Equal([MachineRequest.Reset], _requests);
    }

    [Fact]
    public void A_guest_that_answers_lives_on()
    {
        for (int i = 0; i < 10; i++)
        {
            _ports.Write(Port, 2, 100);
            _clock.Advance(100 * Millisecond);
            Assert.True(_lines.Level[5]);
            _ports.Write(Port + 2, 1, 1);
            Assert.False(_lines.Level[5]);
        }

        _ports.Write(Port, 2, 0);
        _clock.Advance(1000 * Millisecond);
        Assert.Empty(_requests);
        Assert.Equal(10, _lines.Edges[5]);
    }

    [Fact]
    public void Ports_of_another_device_are_not_taken() =>
        Assert.False(new Watchdog(Port + 3, new InterruptLine(_lines, 6), _clock.Queue(), this, new HostLock()).Map(_ports));
}
