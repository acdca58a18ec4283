using System.Buffers;
using System.Runtime.InteropServices;
using Kvs.Protocol.Binary;

namespace Kvs.Client.Multiplexing;

/// <summary>A call that has a frame to itself: a batch of the caller's, a scan, a ping.</summary>
internal sealed class OwnFrame : Outgoing
{
    private readonly ArrayBufferWriter<byte> _frame;
    private readonly bool _isWrite;
    private readonly TaskCompletionSource<OwnReply> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte[]> _results = [];

    /// <param name="frame">The frame, its number left out.</param>
    /// <param name="isWrite">Whether its outcome matters when no answer comes.</param>
    internal OwnFrame(ArrayBufferWriter<byte> frame, bool isWrite)
    {
        _frame = frame;
        _isWrite = isWrite;
        Bytes = frame.WrittenCount;
    }

    internal override int Calls => 1;

    /// <summary>Whether its caller has cancelled it, as long as no connection has it.</summary>
    internal bool IsDone => _done.Task.IsCompleted;

    /// <summary>The answer.</summary>
    /// <param name="cancellation">Ends the waiting, and the call where it is not under way yet.</param>
    internal async Task<OwnReply> WaitAsync(CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static (state, token) => ((OwnFrame)state!)._done.TrySetCanceled(token), this);
        return await _done.Task.ConfigureAwait(false);
    }

    internal override ReadOnlyMemory<byte> ToFrame(uint id)
    {
        // The writer hands out its memory for reading only, and this is its owner.
        Span<byte> frame = MemoryMarshal.AsMemory(_frame.WrittenMemory).Span;
        (FrameHeader.Read(frame) with { RequestId = id }).Write(frame, BinaryProtocol.RequestMagic);
        return _frame.WrittenMemory;
    }

    internal override bool TryTake(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        var status = (ReplyStatus)header.Code;
        var flags = (ReplyFlags)header.Flags;
        if (BinaryProtocol.IsError(status))
        {
            _done.TrySetException(new KvsServerException(status, ReplyReader.ReadMessage(body)));
            return true;
        }

        bool isResults = flags.HasFlag(ReplyFlags.Results);
        if (isResults)
        {
            _results.Add(body.ToArray());
        }

        if (!flags.HasFlag(ReplyFlags.More))
        {
            _done.TrySetResult(new OwnReply(status, isResults ? [] : body.ToArray(), _results));
        }

        return true;
    }

    internal override void Fail(Func<bool, Exception> error)
    {
        if (_done.TrySetException(error(_isWrite)))
        {
            // Seen, also where the caller has cancelled and does not look.
            _ = _done.Task.Exception;
        }
    }
}
