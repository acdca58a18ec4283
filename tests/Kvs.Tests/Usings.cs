global using Xunit;
global using EpochGate = Kvs.Epochs.EpochGate<Kvs.Concurrency.Unscheduled>;
