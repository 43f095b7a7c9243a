// The lock that guards a model's registers while several virtual CPUs and host threads use it.
namespace Kilonova.Vmm;

/// <summary>
/// A lock over a short section that makes no call to another component. The environment supplies one per model: a semaphore lock in a
/// component, a monitor on the host. Not recursive. Locks nest in one order only: device, interrupt router, interrupt controller,
/// timer queue; nothing below takes one above.
/// </summary>
public interface ILock
{
    /// <summary>Waits until the lock is free and takes it.</summary>
    void Enter();

    /// <summary>Gives the lock back.</summary>
    void Leave();
}
