using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Kernel.Tests;

/// <summary>
/// What delegation and revocation mean, one selector at a time and without any cleverness: every capability knows the one it came from;
/// taking one away hands its children to its parent.
/// </summary>
internal sealed class DelegationModel
{
    public sealed class Node
    {
        public Node? Parent { get; set; }

        public int Space { get; init; }

        public ulong Selector { get; init; }

        public ulong Resource { get; init; }

        public uint Permissions { get; set; }

        public uint Attributes { get; init; }
    }

    public Dictionary<(int Space, ulong Selector), Node> Cells { get; } = [];

    public Node? At(int space, ulong selector) => Cells.GetValueOrDefault((space, selector));

    public void Add(int space, ulong selector, ulong resource, uint permissions, uint attributes, Node? parent) =>
        Cells[(space, selector)] = new Node
        {
            Parent = parent,
            Space = space,
            Selector = selector,
            Resource = resource,
            Permissions = permissions,
            Attributes = attributes,
        };

    public void Remove(int space, ulong selector)
    {
        if (!Cells.Remove((space, selector), out Node? node))
        {
            return;
        }

        foreach (Node child in Children(node))
        {
            child.Parent = node.Parent;
        }
    }

    /// <summary>Delegates between two spaces.</summary>
    public void Delegate(int source, ulong from, int destination, ulong to, ulong count, uint mask)
    {
        for (ulong i = 0; i < count; i++)
        {
            Node? origin = At(source, from + i);
            uint permissions = origin == null ? 0 : origin.Permissions & mask;
            if (permissions != 0 && source == destination && from == to)
            {
                origin!.Permissions = permissions;
                continue;
            }

            Remove(destination, to + i);
            if (permissions != 0)
            {
                Add(destination, to + i, origin!.Resource, permissions, origin.Attributes, origin);
            }
        }
    }

    /// <summary>Withdraws permissions from all descendants of a range, and from the range if inclusive.</summary>
    public void Revoke(int space, ulong first, ulong count, uint withdrawn, bool inclusive)
    {
        for (ulong i = 0; i < count; i++)
        {
            Node? origin = At(space, first + i);
            if (origin == null)
            {
                continue;
            }

            foreach (Node descendant in Descendants(origin).ToList())
            {
                Withdraw(descendant, withdrawn);
            }

            if (inclusive)
            {
                Withdraw(origin, withdrawn);
            }
        }
    }

    public IEnumerable<Node> Descendants(Node node) => Children(node).SelectMany(child => Descendants(child).Prepend(child));

    public void Withdraw(Node node, uint withdrawn)
    {
        node.Permissions &= ~withdrawn;
        if (node.Permissions == 0)
        {
            Remove(node.Space, node.Selector);
        }
    }

    private List<Node> Children(Node node) => [.. Cells.Values.Where(other => other.Parent == node)];
}
