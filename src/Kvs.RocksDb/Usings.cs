// The engine runs with the schedule that decides nothing, and costs nothing, under the plain name.
global using EpochGate = Kvs.Epochs.EpochGate<Kvs.Concurrency.Unscheduled>;
