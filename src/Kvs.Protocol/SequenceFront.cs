using System.Buffers;

namespace Kvs.Protocol;

/// <summary>The front of an input that arrives in pieces.</summary>
internal static class SequenceFront
{
    /// <summary>The first piece that holds anything; the input then begins there.</summary>
    internal static ReadOnlySpan<byte> FirstNonEmpty(scoped ref ReadOnlySequence<byte> input)
    {
        // A sequence may begin with the empty end of a piece that was consumed.
        while (input.FirstSpan.IsEmpty && !input.IsEmpty)
        {
            SequencePosition next = input.Start;
            input.TryGet(ref next, out _);
            input = input.Slice(next);
        }

        return input.FirstSpan;
    }
}
