using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kilonova.Vmm.Models;

namespace Kilonova.Qtest;

/// <summary>The part of QMP (QEMU documentation, "QEMU Machine Protocol") that device tests use: JSON objects, one after the other.</summary>
internal sealed class MonitorSession
{
    private static readonly string[] s_machines = ["none", "pc", "q35"];
    private static readonly string[] s_devices = ["ich9-ahci", "ide-cd", "ide-hd", "igb"];

    private readonly HostMachine? _machine;
    private readonly Action<string> _send;
    private readonly Action _quit;

    public MonitorSession(HostMachine? machine, Action<string> send, Action quit)
    {
        _machine = machine;
        _send = send;
        _quit = quit;
        if (machine is not null)
        {
            foreach (RawDisk disk in machine.Disks)
                disk.Stopped += Stop;
            foreach ((string id, AtapiDrive drive) in machine.Drives)
                drive.Observer = new Tray(this, id);
        }
    }

    /// <summary>The machine runs: disks are served.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>Opens the conversation.</summary>
    public void Greet() => Send(new JsonObject
    {
        ["QMP"] = new JsonObject
        {
            ["version"] = new JsonObject
            {
                ["qemu"] = new JsonObject { ["micro"] = 0, ["minor"] = 0, ["major"] = 10 },
                ["package"] = "kilonova",
            },
            ["capabilities"] = new JsonArray(),
        },
    });

    /// <summary>Executes a command and sends its answer.</summary>
    public void Execute(string text)
    {
        JsonNode? id = null;
        try
        {
            JsonObject command = JsonNode.Parse(text)?.AsObject() ?? throw new JsonException("no object");
            id = command["id"]?.DeepClone();
            JsonNode result = Run((string?)command["execute"] ?? "", command["arguments"] as JsonObject ?? []);
            Answer(id, "return", result);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or UsageException or KeyNotFoundException)
        {
            Answer(id, "error", new JsonObject { ["class"] = "GenericError", ["desc"] = exception.Message });
        }
    }

    private JsonNode Run(string command, JsonObject arguments)
    {
        switch (command)
        {
            case "qmp_capabilities":
                break;
            case "query-machines":
                return List(s_machines, name => new JsonObject
                {
                    ["name"] = name,
                    ["cpu-max"] = 1,
                    ["hotpluggable-cpus"] = false,
                    ["numa-mem-supported"] = false,
                    ["deprecated"] = false,
                    ["acpi"] = false,
                });
            case "qom-list-types":
                return List(s_devices, name => new JsonObject { ["name"] = name, ["parent"] = "device" });
            case "query-status":
                return new JsonObject { ["status"] = IsRunning ? "running" : "paused", ["running"] = IsRunning };
            case "stop":
                Stop();
                break;
            case "cont":
                if (!IsRunning)
                    Event("RESUME");
                IsRunning = true;
                break;
            case "quit":
                _quit();
                break;
            case "blockdev-open-tray":
                Drive(arguments).MoveTray(true);
                break;
            case "blockdev-close-tray":
                Drive(arguments).MoveTray(false);
                break;
            case "blockdev-remove-medium":
                Drive(arguments).SetDisc(false);
                break;
            case "blockdev-insert-medium":
                Drive(arguments).SetDisc(true);
                break;
            case "blockdev-add":
                break;
            default:
                throw new UsageException($"The command {command} has not been found");
        }

        return new JsonObject();
    }

    private AtapiDrive Drive(JsonObject arguments) => _machine?.Drives[(string?)arguments["id"] ?? ""]
        ?? throw new UsageException("there is no machine");

    private void Stop()
    {
        if (IsRunning)
            Event("STOP");
        IsRunning = false;
    }

    private static JsonArray List(string[] names, Func<string, JsonObject> describe)
    {
        var list = new JsonArray();
        foreach (string name in names)
            list.Add((JsonNode)describe(name));
        return list;
    }

    private void Answer(JsonNode? id, string kind, JsonNode content)
    {
        var answer = new JsonObject { [kind] = content };
        if (id is not null)
            answer["id"] = id;
        Send(answer);
    }

    private void Event(string name, JsonObject? data = null)
    {
        TimeSpan now = DateTime.UtcNow - DateTime.UnixEpoch;
        var message = new JsonObject
        {
            ["timestamp"] = new JsonObject { ["seconds"] = (long)now.TotalSeconds, ["microseconds"] = now.Milliseconds * 1000 },
            ["event"] = name,
        };
        if (data is not null)
            message["data"] = data;
        Send(message);
    }

    private void Send(JsonObject message) => _send(message.ToJsonString() + "\r\n");

    private sealed class Tray(MonitorSession owner, string id) : ITrayObserver
    {
        public void TrayMoved(bool open) =>
            owner.Event("DEVICE_TRAY_MOVED", new JsonObject { ["device"] = "", ["id"] = id, ["tray-open"] = open });
    }
}
