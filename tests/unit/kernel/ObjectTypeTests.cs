using System;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Kernel.Tests;

public class ObjectTypeTests
{
    [Fact]
    public void Objects_are_numbered_as_lookup_tells_their_types()
    {
        Assert.Equal((byte)CapabilityType.Null, (byte)ObjectType.None);
        foreach (ObjectType type in Enum.GetValues<ObjectType>())
        {
            if (type != ObjectType.None)
                Assert.Equal((uint)Enum.Parse<CapabilityType>(type.ToString()), (uint)type);
        }
    }
}
