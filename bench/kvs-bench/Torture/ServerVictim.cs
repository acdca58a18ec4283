using System.Net;
using Kvs.Client;

namespace Kvs.Bench.Torture;

/// <summary>A kvs-server, and the clients that write to it: threads of this process.</summary>
internal sealed class ServerVictim : IVictim
{
    private const string Opening = "opening ";
    private const string Listening = "listening on ";

    private readonly TortureSettings _settings;
    private readonly TortureFolders _folders;
    private readonly TaskCompletionSource<IPEndPoint> _address = new();
    private readonly List<Thread> _threads = [];
    private VictimProcess? _process;
    private volatile string? _failure;

    internal ServerVictim(TortureSettings settings, TortureFolders folders, int life)
    {
        _settings = settings;
        _folders = folders;
        Journal = new Journal(folders.Journal(life), settings.Threads, life);
    }

    public Journal Journal { get; }

    public void LetGo(string? boot)
    {
        _process = new VictimProcess(_settings.Server!,
        [
            "--addr", "127.0.0.1:0", "--data", _folders.Store, "--partitions", "8",
            "--durability", _settings.Durability.ToString(),
        ], TakeLogLine);
        Start(Serve);
    }

    public string? FindFailure() => _failure ?? _process?.FindFailure();

    public void Kill()
    {
        _process!.Kill();
        _address.TrySetCanceled();

        // The first starts the others: only when it has ended, they are all there.
        _threads[0].Join();
        _threads.ForEach(thread => thread.Join());
    }

    public void Dispose()
    {
        _process?.Dispose();
        Journal.Dispose();
    }

    private void TakeLogLine(string line)
    {
        if (line.StartsWith(Opening, StringComparison.Ordinal))
        {
            Journal.Stage = VictimStage.Opening;
        }
        else if (line.StartsWith(Listening, StringComparison.Ordinal))
        {
            _address.TrySetResult(IPEndPoint.Parse(line[Listening.Length..]));
        }
    }

    /// <summary>Reads what is there, and starts the clients.</summary>
    private void Serve()
    {
        IPEndPoint address = _address.Task.GetAwaiter().GetResult();
        using (var target = new ClientTarget(address))
        {
            TortureWriter.WriteDownWhatIsThere(target, Journal, _settings.Threads);
        }

        Journal.Stage = VictimStage.Writing;
        for (int thread = 0; thread < _settings.Threads; thread++)
        {
            int writer = thread;
            Start(() =>
            {
                using var target = new ClientTarget(address);
                var random = new Random(unchecked((((_settings.Seed * 31) + Journal.Life) * 31) + writer));
                new TortureWriter(target, Journal, writer, Journal.Life, random).Run();
            });
        }
    }

    private void Start(Action action)
    {
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e) when (_process!.IsKilled &&
                e is KvsConnectionException or KvsServerException or OperationCanceledException)
            {
                // This is how the death of a server looks from here.
            }
            catch (Exception e)
            {
                _failure ??= e is TortureException ? e.Message : e.ToString();
            }
        });
        _threads.Add(thread);
        thread.Start();
    }
}
