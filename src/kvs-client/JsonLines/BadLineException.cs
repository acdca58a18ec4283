namespace Kvs.ClientProgram.JsonLines;

/// <summary>A line is not an entry that can be stored; the message says why, as the end of a sentence.</summary>
internal sealed class BadLineException(string message, Exception? inner = null) : Exception(message, inner);
