using System.Diagnostics;
using System.Text;
using Kvs.CommandLine;

namespace Kvs.Bench.Torture;

/// <summary>A process whose standard error stream is kept, and which is ended by SIGKILL.</summary>
internal sealed class VictimProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private volatile bool _isKilled;

    internal VictimProcess(string path, IEnumerable<string> arguments, Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };

        // It lives for moments: what pays off after seconds only costs here.
        start.Environment["DOTNET_TieredPGO"] = "0";
        _process = Process.Start(start) ?? throw new ProgramException($"{path} could not be started.");
        _process.ErrorDataReceived += (_, line) => Take(line.Data, onLine);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    internal StreamWriter Input => _process.StandardInput;

    internal int ProcessId => _process.Id;

    internal bool IsKilled => _isKilled;

    /// <summary>Why it has ended by itself; null when it has not.</summary>
    internal string? FindFailure()
    {
        if (_isKilled || !_process.HasExited)
        {
            return null;
        }

        // Once more without a limit, which waits for the rest of the stream as well.
        _process.WaitForExit();
        lock (_log)
        {
            return $"the process ended by itself with exit code {_process.ExitCode}: {_log.ToString().Trim()}";
        }
    }

    internal void Kill()
    {
        _isKilled = true;
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void Take(string? line, Action<string>? onLine)
    {
        if (line is not null)
        {
            lock (_log)
            {
                _log.AppendLine(line);
            }

            onLine?.Invoke(line);
        }
    }
}
