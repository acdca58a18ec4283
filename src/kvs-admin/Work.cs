using System.CommandLine;
using Kvs.Admin;
using Kvs.CommandLine;

namespace Kvs.AdminProgram;

/// <summary>What all commands share: their first argument, messages, and progress on a terminal.</summary>
internal static class Work
{
    /// <summary>The argument that names the store's folder.</summary>
    public static Argument<string> FolderArgument() => new("DIR") { Description = "The store's folder" };

    /// <summary>The argument that names a folder to be written to.</summary>
    public static Argument<string> TargetArgument() => new("OUT") { Description = "A folder that is new or empty" };

    /// <summary>Does something with a folder; what it says beside its result goes to the standard error stream.
    /// </summary>
    /// <param name="title">What is done: "Verifying".</param>
    /// <param name="work">Does it.</param>
    public static T Run<T>(string title, Func<AdminOptions, T> work)
    {
        // A message in the middle of a progress bar would be drawn over.
        List<string> messages = [];
        try
        {
            return TerminalProgress.Run(title, 1000, progress => work(new AdminOptions
            {
                Progress = at => progress.Report(at.TotalBytes == 0 ? 0 : 1000 * at.DoneBytes / at.TotalBytes),
                Log = messages.Add,
            }));
        }
        finally
        {
            messages.ForEach(Console.Error.WriteLine);
        }
    }
}
