using System.Buffers;
using System.IO.Pipelines;
using Kvs.Server.Sessions;

namespace Kvs.Server.Connections;

/// <summary>
/// Where a session writes its replies. They go straight into the transport's memory, until one of them answers a write
/// that has to reach the disk first: from there on all are held back, in their order, until one sync has covered the
/// writes of the whole round. So a round costs one sync, which it shares with those of other connections, and nobody
/// holds a thread while it runs.
/// </summary>
/// <remarks>Not thread-safe: one round of one connection at a time.</remarks>
internal sealed class ReplyBuffer(PipeWriter output, long maxBytes = long.MaxValue) : IBufferWriter<byte>
{
    /// <summary>More memory than this is given back when the held replies are out: connections are many, and most are
    /// idle most of the time.</summary>
    private const int KeptHeldBytes = 16 * 1024;

    private readonly List<HeldReply> _heldReplies = [];
    private ArrayBufferWriter<byte>? _held;
    private bool _isHolding;
    private Memory<byte> _block;
    private int _blockBytes;
    private int _heldStart;
    private uint _heldTag;

    /// <summary>Whether replies wait for a sync.</summary>
    internal bool HoldsReplies => _isHolding;

    /// <summary>Bytes written and not yet flushed, those that are held back included.</summary>
    internal long UnflushedBytes => output.UnflushedBytes + (_held?.WrittenCount ?? 0) + _blockBytes;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_block.Length - _blockBytes), nameof(count));
        _blockBytes += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block[_blockBytes..];
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.Span[_blockBytes..];
    }

    /// <summary>What is written from here to <see cref="EndHeld"/> answers a write that was made but has not reached
    /// the disk, which it must have when its client hears of it.</summary>
    /// <param name="tag">What the session needs to write another answer, should the sync fail.</param>
    internal void BeginHeld(uint tag)
    {
        if (!HoldsReplies)
        {
            PassOn();
            _held ??= new ArrayBufferWriter<byte>();
            _isHolding = true;
        }

        _heldTag = tag;
        _heldStart = _held!.WrittenCount + _blockBytes;
    }

    /// <summary>The reply that was begun is complete.</summary>
    internal void EndHeld() =>
        _heldReplies.Add(new HeldReply(_heldTag, _heldStart, _held!.WrittenCount + _blockBytes));

    /// <summary>The sync has covered what the held replies say.</summary>
    internal void Release()
    {
        ReadOnlySpan<byte> held = EndHolding();
        this.Write(held);
        Forget();
    }

    /// <summary>The sync has failed: each write gets that for an answer, everything else stays what it was.</summary>
    internal void Refuse(ISession session, KvsWriteException error)
    {
        ReadOnlySpan<byte> held = EndHolding();
        int written = 0;
        foreach (HeldReply reply in _heldReplies)
        {
            this.Write(held[written..reply.Start]);
            session.WriteNotDurable(reply.Tag, held[reply.Start..reply.End], error, this);
            written = reply.End;
        }

        this.Write(held[written..]);
        Forget();
    }

    /// <summary>Sends what was written. Nothing is held back.</summary>
    internal ValueTask<FlushResult> FlushAsync()
    {
        PassOn();
        return output.FlushAsync();
    }

    private void MakeRoom(int sizeHint)
    {
        int bytes = Math.Max(1, sizeHint);
        if (_block.Length - _blockBytes < bytes)
        {
            PassOn();
            if ((_isHolding ? _held!.WrittenCount : output.UnflushedBytes) + bytes > maxBytes)
            {
                throw new ReplyTooLongException(maxBytes);
            }

            _block = _isHolding ? _held!.GetMemory(bytes) : output.GetMemory(bytes);
        }
    }

    /// <summary>Lets the owner of the memory know what was written into it.</summary>
    private void PassOn()
    {
        if (_isHolding)
        {
            _held!.Advance(_blockBytes);
        }
        else if (_blockBytes > 0)
        {
            output.Advance(_blockBytes);
        }

        _blockBytes = 0;
        _block = default;
    }

    private ReadOnlySpan<byte> EndHolding()
    {
        PassOn();
        _isHolding = false;
        return _held!.WrittenSpan;
    }

    private void Forget()
    {
        _heldReplies.Clear();
        if (_held!.Capacity > KeptHeldBytes)
        {
            _held = null;
        }
        else
        {
            _held.ResetWrittenCount();
        }
    }

    private readonly record struct HeldReply(uint Tag, int Start, int End);
}
