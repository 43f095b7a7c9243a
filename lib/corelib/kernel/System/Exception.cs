// ilc wants the name. There is no allocator to make one and no RhpThrowEx to throw it: throwing is an undefined symbol.
namespace System;

public abstract class Exception
{
    private protected Exception()
    {
    }
}
