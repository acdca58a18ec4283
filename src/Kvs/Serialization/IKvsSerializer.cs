using System.Buffers;

namespace Kvs;

/// <summary>Turns values of one type into bytes and back. Used by any number of threads at once.</summary>
/// <typeparam name="T">The values' type.</typeparam>
public interface IKvsSerializer<T>
{
    /// <summary>Appends the value's bytes to <paramref name="destination"/>. Where it throws, nothing is stored.
    /// </summary>
    void Serialize(T value, IBufferWriter<byte> destination);

    /// <summary>Makes the value again; throws where the bytes are not such a value.</summary>
    T Deserialize(ReadOnlySpan<byte> bytes);
}
