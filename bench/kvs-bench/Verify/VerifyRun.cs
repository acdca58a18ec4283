using System.Diagnostics;
using System.Globalization;
using Kvs.Bench.Reports;
using Kvs.Client;
using Kvs.CommandLine;
using Kvs.Testing;

namespace Kvs.Bench.Verify;

/// <summary>One run of <c>kvs-bench verify</c>.</summary>
internal sealed class VerifyRun
{
    /// <summary>Between two attempts to connect to a server that is not there.</summary>
    private const int RetryMs = 20;

    /// <summary>More would take long to check, and says no more.</summary>
    private const int MaxOperationsOfClient = 200_000;

    /// <summary>How long a server that went away may take to come back.</summary>
    private static readonly TimeSpan s_comeBackLimit = TimeSpan.FromSeconds(60);

    private readonly VerifySettings _settings;
    private readonly byte[][] _keys;
    private readonly ClientHistoryTarget[] _targets;
    private readonly HistoryThread[] _clients;
    private long _start;
    private int _reconnects;

    private VerifyRun(VerifySettings settings)
    {
        _settings = settings;
        string prefix = $"verify-{Random.Shared.NextInt64().ToString("x", CultureInfo.InvariantCulture)}";
        _keys = HistoryWorkload.MakeKeys(prefix, settings.Keys);
        _targets = [.. Enumerable.Range(0, settings.Clients).Select(_ => new ClientHistoryTarget(settings.Address))];

        // A third of the keys is never removed: they must never be missed.
        _clients = HistoryThread.MakeMany(
            settings.Clients, _keys, settings.Keys / 3, settings.Seed, client => _targets[client]);
    }

    /// <summary>Runs all of it; returns the exit code.</summary>
    internal static int Execute(VerifySettings settings)
    {
        var run = new VerifyRun(settings);
        try
        {
            run.Record();
            run.Check();
            return 0;
        }
        catch (HistoryViolationException e)
        {
            throw new ProgramException($"NOT LINEARIZABLE: {e.Message}\n(seed {settings.Seed})", e);
        }
        catch (AggregateException e)
        {
            // Several clients fail alike: one says it.
            throw new ProgramException($"{e.InnerExceptions[0].Message}\n(seed {settings.Seed})", e);
        }
        finally
        {
            Array.ForEach(run._targets, target => target.Dispose());
        }
    }

    private void Record()
    {
        // A server that is not there from the start is an error at once.
        _targets[0].Connect();
        for (int key = 0; key < _keys.Length; key++)
        {
            int present = key;
            Again(0, () => _clients[0].Set(present));
        }

        var progress = new ProgressLine();
        progress.Show($"{_settings.Clients} clients for {_settings.Duration.TotalSeconds} s");
        _start = Stopwatch.GetTimestamp();
        ThreadGroup.Run(_clients.Length, RunClient);

        // What the last writes left is part of the history.
        Again(0, () =>
        {
            for (int key = 0; key < _keys.Length; key++)
            {
                _clients[0].Get(key);
            }
        });
        Again(0, () => Array.ForEach(_keys, key => _targets[0].Remove(key)));
        progress.Clear();
    }

    private void RunClient(int client)
    {
        while (Stopwatch.GetElapsedTime(_start) < _settings.Duration &&
            _clients[client].Operations.Count < MaxOperationsOfClient)
        {
            Again(client, _clients[client].Step);
        }
    }

    /// <summary>Does something with a connection, and waits for the server where that broke: a write is not made
    /// again, and was recorded as one of which nobody knows.</summary>
    private void Again(int client, Action action)
    {
        try
        {
            if (!_targets[client].IsConnected)
            {
                Reconnect(_targets[client]);
            }

            action();
        }
        catch (KvsConnectionException)
        {
            Interlocked.Increment(ref _reconnects);
            _targets[client].Disconnect();
        }
    }

    private static void Reconnect(ClientHistoryTarget target)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                target.Connect();
                return;
            }
            catch (KvsConnectionException) when (Stopwatch.GetElapsedTime(start) < s_comeBackLimit)
            {
                Thread.Sleep(RetryMs);
            }
        }
    }

    private void Check()
    {
        HistoryOperation[] history = [.. _clients.SelectMany(client => client.Operations)];
        int unanswered = history.Count(operation => operation.Outcome == HistoryOutcome.Unknown);
        long start = Stopwatch.GetTimestamp();
        LinearizabilityChecker.Check(history);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Linearizable: {history.Length} operations of {_clients.Length} clients on {_keys.Length} keys, ") +
            string.Create(CultureInfo.InvariantCulture,
            $"{unanswered} unanswered, {_reconnects} broken connections; checked in ") +
            string.Create(CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(start).TotalSeconds:f1} s (seed {_settings.Seed})"));
    }
}
