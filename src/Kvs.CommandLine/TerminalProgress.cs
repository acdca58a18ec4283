using Spectre.Console;

namespace Kvs.CommandLine;

/// <summary>Shows how far a piece of work has come, on the standard error stream and only if that is a terminal.
/// </summary>
public sealed class TerminalProgress
{
    // A bar that is drawn ten times a second need not be told of every line.
    private const int MinIntervalMs = 100;

    private readonly ProgressTask? _task;
    private long _toldAtMs;

    private TerminalProgress(ProgressTask? task) => _task = task;

    /// <summary>Whether there is a terminal to show anything on.</summary>
    public static bool IsShown => !Console.IsErrorRedirected;

    /// <summary>Runs a piece of work, which reports its progress as it goes.</summary>
    /// <param name="title">What is done: "Importing".</param>
    /// <param name="total">What the progress will be at the end, where that is known.</param>
    /// <param name="work">Does the work.</param>
    public static T Run<T>(string title, long? total, Func<TerminalProgress, T> work)
    {
        if (!IsShown)
        {
            return work(new TerminalProgress(null));
        }

        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
        });
        return terminal.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
            new SpinnerColumn()).Start(context =>
        {
            ProgressTask task = context.AddTask(title, maxValue: Math.Max(1, total ?? 1));
            task.IsIndeterminate = total is null;
            return work(new TerminalProgress(task));
        });
    }

    /// <summary>Says how much is done. For one thread at a time.</summary>
    public void Report(long done)
    {
        if (_task is null || Environment.TickCount64 - _toldAtMs < MinIntervalMs)
        {
            return;
        }

        _toldAtMs = Environment.TickCount64;
        _task.Value = done;
    }
}
