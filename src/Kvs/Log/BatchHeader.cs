namespace Kvs.Log;

/// <summary>The header of a batch, 32 bytes; behind it lie its records, whole frames each, to the end of the frame.
/// </summary>
internal static unsafe class BatchHeader
{
    /// <summary>Finishes a batch whose records are finished: in one store, they count from now on.</summary>
    internal static void Write(byte* frame, uint length, ulong epoch, uint records, uint salt, uint offset)
    {
        Frame.WriteCommon(frame, FrameKind.Batch, epoch, sequence: 0);
        *(uint*)(frame + Frame.BatchCountOffset) = records;
        *(uint*)(frame + Frame.BatchCountOffset + sizeof(uint)) = 0;
        Frame.Finish(frame, length, Frame.BatchHeaderBytes, salt, offset);
    }
}
