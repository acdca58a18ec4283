using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kvs.CommandLine;

namespace Kvs.Bench.Network;

/// <summary>Waits for the sockets of one thread: says which of them can be read from or written to again (epoll,
/// edge-triggered, so that a socket is told of once and never has to be registered anew).</summary>
/// <remarks>For one thread. Allocates nothing while it waits.</remarks>
internal sealed unsafe class ReadySet : IDisposable
{
    private const int MaxEvents = 256;
    private const int Interrupted = 4;
    private const long NsPerMs = 1_000_000;
    private const long NsPerSecond = 1_000_000_000;

    // The struct is packed on x64 alone, so that it is the same for 32 and 64 bits there.
    private static readonly int s_eventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int s_indexOffset = s_eventBytes - sizeof(ulong);

    private readonly int _set;
    private readonly byte[] _events = GC.AllocateArray<byte>(MaxEvents * s_eventBytes, pinned: true);
    private readonly bool _isExact;
    private int _count;
    private int _next;

    /// <summary>Makes an empty one.</summary>
    /// <param name="isExact">Whether waiting ends to the microsecond, which costs a little.</param>
    internal ReadySet(bool isExact)
    {
        _isExact = isExact;
        _set = NetworkCalls.CreateSet(NetworkCalls.CloseOnExec);
        Check(_set);
        if (isExact)
        {
            Check(NetworkCalls.ControlThread(NetworkCalls.SetTimerSlack, 1, 0, 0, 0));
        }
    }

    /// <summary>Adds a socket.</summary>
    /// <param name="socket">The socket, which does not block.</param>
    /// <param name="index">What it is called.</param>
    internal void Add(Socket socket, int index)
    {
        byte* what = stackalloc byte[s_eventBytes];
        var bytes = new Span<byte>(what, s_eventBytes);
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes,
            NetworkCalls.Readable | NetworkCalls.Writable | NetworkCalls.EdgeTriggered);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[s_indexOffset..], (ulong)index);
        Check(NetworkCalls.ControlSet(_set, NetworkCalls.AddToSet, (int)socket.Handle, what));
    }

    /// <summary>Waits until a socket is ready, or the time is over; false when it is.</summary>
    internal bool Wait(long timeoutNs)
    {
        _next = 0;
        fixed (byte* events = _events)
        {
            _count = _isExact ? WaitExactly(events, timeoutNs) : WaitRoughly(events, timeoutNs);
        }

        if (_count < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
            _count = 0;
        }

        Check(_count);
        return _count > 0;
    }

    /// <summary>The next socket that is ready since the last wait; false when all were told.</summary>
    internal bool TryNext(out int index, out bool isReadable)
    {
        index = 0;
        isReadable = false;
        if (_next == _count)
        {
            return false;
        }

        ReadOnlySpan<byte> one = _events.AsSpan(_next++ * s_eventBytes, s_eventBytes);
        uint events = BinaryPrimitives.ReadUInt32LittleEndian(one);
        isReadable = (events & (NetworkCalls.Readable | NetworkCalls.HungUp)) != 0;
        index = (int)BinaryPrimitives.ReadUInt64LittleEndian(one[s_indexOffset..]);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = NetworkCalls.Close(_set);

    private static void Check(int result)
    {
        if (result < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new ProgramException($"Waiting for sockets failed: {new Win32Exception(error).Message}.");
        }
    }

    private int WaitRoughly(byte* events, long timeoutNs) =>
        NetworkCalls.Wait(_set, events, MaxEvents, (int)(timeoutNs / NsPerMs));

    private int WaitExactly(byte* events, long timeoutNs)
    {
        var timeout = new NetworkCalls.TimeSpec
        {
            Seconds = timeoutNs / NsPerSecond,
            Nanoseconds = timeoutNs % NsPerSecond,
        };
        return NetworkCalls.WaitExactly(_set, events, MaxEvents, &timeout, 0);
    }
}
