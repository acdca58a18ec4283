namespace Kvs.CommandLine;

/// <summary>A program cannot do what it was asked to: the message is printed as it is, the exit code is 1.</summary>
public sealed class ProgramException : Exception
{
    /// <summary>Makes the error.</summary>
    public ProgramException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
