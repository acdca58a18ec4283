using Kvs.Protocol.Binary;

namespace Kvs.Server.Sessions;

/// <summary>What came of an operation, before it is known whether it is answered by a frame of its own or among the
/// results of a batch.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="IsWritten">Whether something was written.</param>
/// <param name="Number">A version or a sum, where the answer has one.</param>
/// <param name="Message">What went wrong, where something did.</param>
internal readonly record struct BinaryAnswer(
    ReplyStatus Status, bool IsWritten = false, ulong? Number = null, string Message = "")
{
    /// <summary>What an error of the engine is to a client; null where nobody foresaw it.</summary>
    internal static BinaryAnswer? To(Exception error) => error switch
    {
        KvsLimitException => Of(ReplyStatus.LimitExceeded, error),
        KvsWriteException { IsFinal: true } => Of(ReplyStatus.WritesStopped, error),
        KvsWriteException => Of(ReplyStatus.WriteFailed, error),
        KvsDamageException => Of(ReplyStatus.Damaged, error),
        FormatException => Of(ReplyStatus.NotANumber, error),
        OverflowException => Of(ReplyStatus.SumTooLarge, error),
        _ => null,
    };

    private static BinaryAnswer Of(ReplyStatus status, Exception error) => new(status, Message: error.Message);
}
