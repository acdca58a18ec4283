using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Kvs.Server.Transport.Epoll;

/// <summary>
/// Events as the kernel lays them out: 32 bits of readiness and 64 of the caller's own, which follow at once on x64 and
/// after a gap elsewhere.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class EventBlock(int capacity)
{
    private static readonly int s_idOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    // Pinned: the kernel writes into it while its owner waits.
    private readonly byte[] _bytes = GC.AllocateArray<byte>(capacity * EventBytes, pinned: true);

    /// <summary>The size of one event.</summary>
    internal static int EventBytes => s_idOffset + sizeof(long);

    /// <summary>Waits until a socket has something to tell; how many have.</summary>
    /// <param name="epoll">The descriptor of the set of sockets.</param>
    /// <param name="timeoutMs">How long; -1 for ever.</param>
    internal unsafe int Wait(int epoll, int timeoutMs)
    {
        fixed (byte* events = _bytes)
        {
            // -1 is an interruption: everything else would be a mistake of this program.
            return Math.Max(0, EpollCalls.Wait(epoll, events, capacity, timeoutMs));
        }
    }

    /// <summary>One of the events that came last.</summary>
    internal (Readiness Readiness, long Id) Read(int index)
    {
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(index * EventBytes, EventBytes);
        return ((Readiness)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[s_idOffset..]));
    }

    /// <summary>Has epoll tell of a descriptor; 0, or -1 with the reason in the last error.</summary>
    internal static unsafe int Add(int epoll, int descriptor, Readiness wanted, long id)
    {
        byte* change = stackalloc byte[EventBytes];
        var bytes = new Span<byte>(change, EventBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)wanted);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[s_idOffset..], id);
        return EpollCalls.Control(epoll, EpollCalls.ControlAdd, descriptor, change);
    }
}
