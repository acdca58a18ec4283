namespace Kvs;

/// <summary>Takes the values that a <see cref="IKvsEngine.GetMany{TReceiver}"/> finds, one after the other.</summary>
/// <remarks>It is called in the middle of the operation: it may read from the store; it must not write to it, nor wait
/// for another thread.</remarks>
public interface IValueReceiver
{
    /// <summary>A key is there.</summary>
    /// <param name="index">The key's place among those asked for.</param>
    /// <param name="value">The value, where the store holds it: valid until this returns.</param>
    /// <param name="info">The value's version and expiry.</param>
    void Found(int index, ReadOnlySpan<byte> value, in ValueInfo info);

    /// <summary>A key is not there.</summary>
    void Missing(int index);
}
