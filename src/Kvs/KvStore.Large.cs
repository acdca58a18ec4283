using System.Buffers;
using Kvs.Log;
using Kvs.Writes;

namespace Kvs;

/// <content>Writes of large values, and those that come from a stream.</content>
public sealed unsafe partial class KvStore
{
    /// <summary>Values from a stream that are longer than this go straight into a segment of their own.</summary>
    private const int MaxBufferedStreamBytes = 1024 * 1024;

    /// <inheritdoc/>
    public WriteResult TrySet(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        Limits.CheckKey(key.Length);
        Limits.CheckValue(valueBytes);
        if (valueBytes > MaxBufferedStreamBytes && !options.KeepsExpiry)
        {
            return SetLarge(key, value, valueBytes, options);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(valueBytes);
        try
        {
            value.ReadExactly(buffer.AsSpan(0, valueBytes));
            return TrySet(key, buffer.AsSpan(0, valueBytes), options);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private WriteResult SetLarge(ReadOnlySpan<byte> key, Stream value, int valueBytes, in WriteOptions options)
    {
        _gate.ThrowIfInside();
        var write = new SingleWrite
        {
            Kind = FrameKind.Put,
            Key = key,
            Condition = options.Condition,
            Expiry = options.ExpiryAt(_options.Clock),
        };
        Prepare(ref write, valueBytes, value, static (source, room) => source.ReadExactly(room));
        return Write(ref write, options.Durability ?? Durability);
    }

    /// <summary>Writes the body of a record into a segment of its own. On the calling thread, which is in no epoch and
    /// holds no lock.</summary>
    private void Prepare<TSource>(ref SingleWrite write, int valueBytes, TSource source, FillValue<TSource> fill)
        where TSource : allows ref struct
    {
        uint length = (uint)Frame.RecordBytes(write.Key.Length, valueBytes, write.Expiry != 0);
        var prepared = new PreparedRecord(_supply.MakeDedicated(length), length, valueBytes, write.Expiry);
        try
        {
            prepared.Fill(write.Key, source, fill);
        }
        catch
        {
            EndPrepared(prepared);
            throw;
        }

        write.Prepared = prepared;
    }

    /// <summary>Gives back what was prepared, if anything was, and the segment if it was not used.</summary>
    private void EndPrepared(PreparedRecord? prepared)
    {
        if (prepared is not null)
        {
            _supply.EndDedicated(unused: prepared.IsTaken ? null : prepared.Segment);
        }
    }
}
