using Spectre.Console;

namespace Kvs.ClientProgram;

/// <summary>Shows how far a transfer has come, on the standard error stream and only if that is a terminal.</summary>
internal sealed class TransferProgress
{
    // A bar that is drawn ten times a second need not be told of every line.
    private const int MinIntervalMs = 100;

    private readonly ProgressTask? _task;
    private long _toldAtMs;

    private TransferProgress(ProgressTask? task) => _task = task;

    /// <summary>Whether there is a terminal to show anything on.</summary>
    public static bool IsShown => !Console.IsErrorRedirected;

    /// <summary>Runs a transfer, which reports its progress as it goes.</summary>
    /// <param name="title">What is done: "Importing".</param>
    /// <param name="total">What the progress will be at the end, where that is known.</param>
    /// <param name="transfer">Does the work.</param>
    public static T Run<T>(string title, long? total, Func<TransferProgress, T> transfer)
    {
        if (!IsShown)
        {
            return transfer(new TransferProgress(null));
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
            return transfer(new TransferProgress(task));
        });
    }

    /// <summary>Says how much is done.</summary>
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
