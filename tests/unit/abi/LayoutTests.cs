using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace Kilonova.Abi.Tests;

/// <summary>What must hold of the numbers themselves.</summary>
public class LayoutTests
{
    [Fact]
    public void Structures_are_as_long_as_they_say()
    {
        Assert.Equal(HypervisorInformationPage.Size, Marshal.SizeOf<HypervisorInformationPage>());
        Assert.Equal(ArchitecturalState.Size, Marshal.SizeOf<ArchitecturalState>());
        Assert.Equal(ConsoleBuffer.Size, Marshal.SizeOf<ConsoleBuffer>());
        Assert.Equal(16, Marshal.SizeOf<SegmentState>());
    }

    [Fact]
    public void The_information_page_has_neither_gaps_nor_overlaps()
        => Assert.Equal(Enumerable.Range(0, HypervisorInformationPage.Size), Bytes(typeof(HypervisorInformationPage)).Order());

    [Fact]
    public void The_architectural_state_overlaps_nowhere_and_leaves_out_one_word()
    {
        List<int> bytes = Bytes(typeof(ArchitecturalState));

        Assert.Equal(bytes.Count, bytes.Distinct().Count());
        Assert.Equal(Enumerable.Range(0xb8, 8), Enumerable.Range(0, ArchitecturalState.Size).Except(bytes));
    }

    [Fact]
    public void Hypercalls_fill_the_four_bits_of_their_number()
        => Assert.Equal(Enumerable.Range(0, 16).Select(i => (uint)i), Enum.GetValues<Hypercall>().Select(call => (uint)call).Order());

    [Fact]
    public void Flags_fit_their_four_bits()
    {
        Type[] flags =
        [
            typeof(IpcCallFlags), typeof(IpcReplyFlags), typeof(CreateEcFlags), typeof(CtrlEcFlags), typeof(CtrlSmFlags),
            typeof(AssignIntFlags),
        ];
        foreach (Type type in flags)
        {
            uint[] values = [.. type.GetFields().Select(field => (uint)field.GetRawConstantValue()!)];
            Assert.All(values, value => Assert.InRange(value, 1u, (uint)HypercallRegister.FlagsMask));
            Assert.Equal(values.Sum(value => value), values.Aggregate(0u, (all, value) => all | value));
        }
    }

    [Fact]
    public void Extensions_are_announced_above_the_base()
    {
        foreach (PlatformFeatures feature in Enum.GetValues<PlatformFeatures>().Where(feature => feature != PlatformFeatures.None))
        {
            bool isBase = feature is PlatformFeatures.IOMMU or PlatformFeatures.VMX or PlatformFeatures.SVM;
            Assert.Equal(isBase, (ulong)feature < 1ul << 32);
        }
    }

    [Fact]
    public void Message_words_and_items_share_one_page()
    {
        Assert.Equal(Utcb.Size, Utcb.Words * sizeof(ulong));
        Assert.Equal(RegularMtd.WordsMinusOneMask, (uint)Utcb.Words - 1);
        Assert.True(TypedItem.MaxCount * TypedItem.WordsPerItem < Utcb.Words);
    }

    [Fact]
    public void Fields_of_descriptors_are_disjoint()
    {
        Disjoint(Scd.BudgetMask, Scd.PriorityMask << Scd.PriorityShift, Scd.ClassOfServiceMask << Scd.ClassOfServiceShift,
            Scd.PeriodMask << Scd.PeriodShift, Scd.Reserved);
        Disjoint(Mad.CacheabilityMask, Mad.KeyMask << Mad.KeyShift);
        Disjoint(Dad.FunctionMask, Dad.DeviceMask << Dad.DeviceShift, Dad.BusMask << Dad.BusShift, Dad.SegmentMask << Dad.SegmentShift);
        Disjoint(TypedItem.OrderMask, TypedItem.KindMask << TypedItem.KindShift, TypedItem.OperationMask << TypedItem.OperationShift,
            ulong.MaxValue << TypedItem.BaseShift);
        Disjoint(LookupResult.PermissionMask, LookupResult.TypeMask << LookupResult.TypeShift);
        Disjoint(HypercallRegister.PermissionMask, RevokeFlags.Self);
        Assert.Equal(
            ulong.MaxValue,
            Scd.BudgetMask | Scd.PriorityMask << Scd.PriorityShift | Scd.ClassOfServiceMask << Scd.ClassOfServiceShift
                | Scd.PeriodMask << Scd.PeriodShift | Scd.Reserved);
    }

    private static void Disjoint(params ulong[] masks)
    {
        ulong all = 0;
        foreach (ulong mask in masks)
        {
            Assert.Equal(0ul, all & mask);
            all |= mask;
        }
    }

    private static List<int> Bytes(Type type)
    {
        List<int> bytes = [];
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            Type stored = field.FieldType.IsEnum ? field.FieldType.GetEnumUnderlyingType() : field.FieldType;
            bytes.AddRange(Enumerable.Range((int)Marshal.OffsetOf(type, field.Name), Marshal.SizeOf(stored)));
        }

        return bytes;
    }
}
