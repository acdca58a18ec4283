namespace Kvs;

/// <summary>What every error of a store derives from. Its message says what happened, where, and what to do next.
/// </summary>
public abstract class KvsException : Exception
{
    /// <summary>Makes the error.</summary>
    protected KvsException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
