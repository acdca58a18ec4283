using Kvs.Bench.Torture;

namespace Kvs.Bench.Soak;

/// <summary>One thread that sets, reads and removes keys for a long time, and checks what it reads to the last byte.
/// </summary>
internal sealed class SoakWorker(Func<ITortureTarget> connect, int number, Random random)
{
    private const int Keys = 20_000;

    /// <summary>A client stays for so many operations, so that connections come and go.</summary>
    private const int OperationsOfConnection = 5_000;

    private readonly byte[] _room = new byte[TortureKeys.MaxValueBytes];
    private long _operations;

    internal long Operations => Volatile.Read(ref _operations);

    /// <summary>Goes on until it is over.</summary>
    /// <exception cref="TortureException">A value is not one that was written.</exception>
    internal void Run(CancellationToken isOver)
    {
        while (!isOver.IsCancellationRequested)
        {
            using ITortureTarget target = connect();
            for (int i = 0; i < OperationsOfConnection && !isOver.IsCancellationRequested; i++)
            {
                Step(target);
                Volatile.Write(ref _operations, _operations + 1);
            }
        }
    }

    private void Step(ITortureTarget target)
    {
        int key = random.Next(Keys);
        byte[] name = TortureKeys.NameOf(key);
        switch (random.Next(10))
        {
            case < 5:
                target.Set(name, TortureKeys.MakeValue(key, ((_operations + 1) << 8) + number, _room));
                break;
            case 5:
                _ = target.Remove(name);
                break;
            default:
                if (target.Get(name) is { } value)
                {
                    _ = TortureKeys.VersionOfValue(key, value, _room);
                }

                break;
        }
    }
}
