using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Kvs.Protocol.Binary;
using Kvs.Server.Connections;

namespace Kvs.Server.Sessions;

/// <summary>
/// Writes the results of a batch into the output's own memory, as one frame after the other: each header is written
/// when its frame is full.
/// </summary>
internal ref struct BinaryChunk
{
    /// <summary>What any result but a value that was read and a long message takes at most, in bytes.</summary>
    internal const int ShortResultBytes = 64;

    /// <summary>The longest message of a result, in bytes: as many results as the operations are, none grows by what
    /// its request held.</summary>
    private const int MaxMessageBytes = 512;

    private readonly ReplyBuffer _output;
    private readonly uint _id;
    private readonly int _frameBytes;
    private Span<byte> _frame;
    private int _used;
    private bool _isHeld;

    /// <param name="output">Where frames go.</param>
    /// <param name="id">The request's number.</param>
    /// <param name="guessedBytes">How long all results may be together; a frame has room for no more.</param>
    /// <param name="holds">Whether the frames are held back until a sync, from the first one on.</param>
    internal BinaryChunk(ReplyBuffer output, uint id, int guessedBytes, bool holds)
    {
        _output = output;
        _id = id;
        _frameBytes = BinaryProtocol.HeaderBytes +
            Math.Clamp(guessedBytes, ShortResultBytes, BinaryProtocol.ResultsFrameBytes);
        Holds = holds;
        Begin(ShortResultBytes);
    }

    /// <summary>Whether frames are held back until a sync: those that are begun from now on.</summary>
    internal bool Holds { get; private set; }

    /// <summary>Room for the next result.</summary>
    internal readonly Span<byte> Room => _frame[_used..];

    private readonly bool IsEmpty => _used == BinaryProtocol.HeaderBytes;

    /// <summary>From now on, frames are held back.</summary>
    internal void Hold()
    {
        if (_isHeld)
        {
            return;
        }

        Holds = true;
        EndUnlessEmpty();
        Begin(ShortResultBytes);
    }

    /// <summary>Ends the frame if a result may not fit, and says so: there is no other one then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEndFull()
    {
        if (_frame.Length - _used >= ShortResultBytes)
        {
            return false;
        }

        End(ReplyFlags.More);
        return true;
    }

    /// <summary>Begins another frame after one that was ended.</summary>
    internal void Begin(int resultBytes)
    {
        _isHeld = Holds;
        if (_isHeld)
        {
            _output.BeginHeld(_id);
        }

        int bytes = Math.Max(_frameBytes, BinaryProtocol.HeaderBytes + resultBytes);
        _frame = _output.GetSpan(bytes)[..bytes];
        _used = BinaryProtocol.HeaderBytes;
    }

    /// <summary>Goes on in another frame, with room for a result of so many bytes.</summary>
    internal void MakeRoom(int resultBytes)
    {
        EndUnlessEmpty();
        Begin(resultBytes);
    }

    /// <summary>Ends the frame.</summary>
    internal void End(ReplyFlags flags)
    {
        uint bodyBytes = (uint)(_used - BinaryProtocol.HeaderBytes);
        new FrameHeader((byte)ReplyStatus.Ok, (ushort)(ReplyFlags.Results | flags), _id, bodyBytes)
            .Write(_frame, BinaryProtocol.ReplyMagic);
        _output.Advance(_used);
        if (_isHeld)
        {
            _output.EndHeld();
        }

        _isHeld = false;
        _frame = default;
        _used = BinaryProtocol.HeaderBytes;
    }

    /// <summary>Ends the frame if it has results; the caller has something else to say then.</summary>
    internal void EndUnlessEmpty()
    {
        if (!IsEmpty)
        {
            End(ReplyFlags.More);
        }
        else if (_isHeld)
        {
            _output.EndHeld();
            _isHeld = false;
        }
    }

    /// <summary>Adds a result whose value lies behind room for its head already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddInPlace(ReplyStatus status, int valueBytes)
    {
        BatchResult.WriteHead(_frame[_used..], status, valueBytes);
        _used += BatchResult.HeadBytes + valueBytes;
    }

    internal void Add(scoped in BinaryAnswer answer)
    {
        if (answer.Message.Length > 0)
        {
            AddMessage(answer);
            return;
        }

        int valueBytes = 0;
        if (answer.Number is { } number)
        {
            valueBytes = sizeof(ulong);
            BinaryPrimitives.WriteUInt64LittleEndian(Room[BatchResult.HeadBytes..], number);
        }

        AddInPlace(answer.IsWritten ? ReplyStatus.Written : answer.Status, valueBytes);
    }

    /// <summary>Adds a result as it is.</summary>
    internal void Add(ReplyStatus status, scoped ReadOnlySpan<byte> value)
    {
        int bytes = BatchResult.HeadBytes + value.Length;
        if (Room.Length < bytes)
        {
            MakeRoom(bytes);
        }

        value.CopyTo(Room[BatchResult.HeadBytes..]);
        AddInPlace(status, value.Length);
    }

    private void AddMessage(in BinaryAnswer answer)
    {
        const int most = BatchResult.HeadBytes + MaxMessageBytes;
        if (Room.Length < most)
        {
            MakeRoom(most);
        }

        // Cuts between characters, never inside one.
        _ = Utf8.FromUtf16(answer.Message, Room.Slice(BatchResult.HeadBytes, MaxMessageBytes), out _, out int bytes);
        AddInPlace(answer.Status, bytes);
    }
}
