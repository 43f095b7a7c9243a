// Bringing the image to life before its first line of C# that touches a static: heap, static fields, eager constructors.
namespace Internal.Runtime;

internal static unsafe class ModuleStartup
{
    // The header that ilc emits: signature, versions, then counted rows {id, flags, start, end}.
    private const uint Signature = 0x0052_5452;
    private const int SectionCountOffset = 12;
    private const int SectionSizeOffset = 14;
    private const int SectionsOffset = 16;

    private const int GCStaticsSection = 201;
    private const int EagerConstructorsSection = 205;

    // Of a block of statics that hold references.
    private const nint Uninitialized = 1;
    private const nint HasInitialContents = 2;

    private struct Section
    {
        internal int Id;
        internal int Flags;
        internal byte* Start;
        internal byte* End;
    }

    /// <summary>
    /// Called once, from corelib_init (startup.S), by the first thread. [heapStart, heapEnd) becomes the component's heap;
    /// the other two ranges are the linker's: pointers to module headers, and the sorted index of unwind information.
    /// </summary>
    [RuntimeExport("RhpInitialize")]
    private static void Initialize(void* heapStart, void* heapEnd, byte** modules, byte** modulesEnd, byte* frameIndex)
    {
        ComponentHeap.Initialize(heapStart, heapEnd);
        FrameTable.Initialize(frameIndex);
        for (byte** module = modules; module < modulesEnd; module++)
        {
            if (*module != null)
                InitializeStatics(*module);
        }
        ComponentHeap.PreallocateFailure();
        for (byte** module = modules; module < modulesEnd; module++)
        {
            if (*module != null)
                RunEagerConstructors(*module);
        }
    }

    private static Section* FindSection(byte* header, int id)
    {
        if (*(uint*)header != Signature)
            Platform.Fail("the image's module header is damaged"u8);
        int count = *(ushort*)(header + SectionCountOffset);
        int size = header[SectionSizeOffset];
        for (int i = 0; i < count; i++)
        {
            Section* section = (Section*)(header + SectionsOffset + (i * size));
            if (section->Id == id)
                return section;
        }
        return null;
    }

    // Each entry leads to a block: relative pointer to a MethodTable with flags, relative pointer to initial contents. The block is
    // replaced by a pointer to an object of that type, whose fields are the statics.
    private static void InitializeStatics(byte* header)
    {
        Section* section = FindSection(header, GCStaticsSection);
        if (section == null)
            return;
        for (int* entry = (int*)section->Start; entry < (int*)section->End; entry++)
        {
            int* block = (int*)((byte*)entry + *entry);
            nint state = (nint)block + *block;
            if ((state & Uninitialized) == 0)
                continue;
            MethodTable* type = (MethodTable*)(state & ~(Uninitialized | HasInitialContents));
            object statics = ObjectAllocator.NewObject(type);
            if ((state & HasInitialContents) != 0)
            {
                byte* contents = (byte*)(block + 1) + block[1];
                Memory.memmove((byte*)Unsafe.AddressOf(statics) + sizeof(nint), contents, type->BaseSize - (2 * (nuint)sizeof(nint)));
            }
            *(nint*)block = Unsafe.AddressOf(statics);
        }
    }

    private static void RunEagerConstructors(byte* header)
    {
        Section* section = FindSection(header, EagerConstructorsSection);
        if (section == null)
            return;
        for (nint* entry = (nint*)section->Start; entry < (nint*)section->End; entry++)
            ((delegate*<void>)*entry)();
    }
}
