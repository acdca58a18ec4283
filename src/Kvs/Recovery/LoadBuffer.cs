using Kvs.Files;

namespace Kvs.Recovery;

/// <summary>Native memory for items, which grows with what is asked of it. One thread.</summary>
internal sealed unsafe class LoadBuffer<T> : IDisposable
    where T : unmanaged
{
    private NativeBlock? _block;
    private int _capacity;

    internal T* Start => _block is null ? null : (T*)_block.Start;

    /// <summary>Makes room for so many items, of which the first ones are kept.</summary>
    internal T* Reserve(int count, int kept)
    {
        if (count > _capacity)
        {
            int capacity = (int)Math.Max(count, Math.Min(int.MaxValue, 2L * _capacity));
            var larger = new NativeBlock((nuint)capacity * (nuint)sizeof(T));
            new ReadOnlySpan<T>(Start, kept).CopyTo(new Span<T>(larger.Start, kept));
            _block?.Dispose();
            _block = larger;
            _capacity = capacity;
        }

        return Start;
    }

    public void Dispose() => _block?.Dispose();
}
