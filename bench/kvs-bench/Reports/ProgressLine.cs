namespace Kvs.Bench.Reports;

/// <summary>One line that says what is being done, on the standard error stream and only if that is a terminal.
/// </summary>
internal sealed class ProgressLine
{
    private const string ClearLine = "\r\u001b[K";

    private readonly bool _isShown = !Console.IsErrorRedirected;

    /// <summary>Shows a line in place of the one before.</summary>
    internal void Show(string text)
    {
        if (_isShown)
        {
            Console.Error.Write(ClearLine + text);
        }
    }

    /// <summary>Takes the line away.</summary>
    internal void Clear() => Show("");
}
