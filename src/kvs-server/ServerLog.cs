namespace Kvs.ServerProgram;

/// <summary>The server's log: lines on the standard error stream. Any thread may write.</summary>
internal static class ServerLog
{
    /// <summary>Writes a line. A log that nobody can read any more does not stop the server.</summary>
    public static void Write(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // The reader of the log has gone (a closed pipe): data is served all the same.
        }
    }
}
