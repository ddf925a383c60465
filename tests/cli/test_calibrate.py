"""mlsysim calibrate: one measurement to an efficiency, and what it says of other devices."""

import json
import math


def predicted(command, arguments):
    return json.loads(command(f"eval llama-3-8b {arguments} -o json").stdout)["result"]


def calibrated(command, arguments):
    ran = command(f"calibrate llama-3-8b h100 --batch-size 512 {arguments} -o json")
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def test_item_069_a_rate_predicted_at_0_423_calibrates_back_to_0_423(command):
    rate = predicted(command, "h100 --batch-size 512 --efficiency 0.423")["token_throughput_tokens_per_s"]
    found = calibrated(command, f"--measured token_throughput={rate}")
    assert math.isclose(found["efficiency"], 0.423, rel_tol=1e-9)
    assert found["low"] < 0.423 < found["high"] and found["identified"]


def test_a_time_calibrates_as_its_rate_does(command):
    result = predicted(command, "h100 --batch-size 512 --efficiency 0.6")
    by_time = calibrated(command, f"--measured latency={result['latency_s']}s --uncertainty 0")
    assert math.isclose(by_time["efficiency"], 0.6, rel_tol=1e-9)
    assert by_time["low"] == by_time["efficiency"] == by_time["high"]


def test_twice_the_uncertainty_is_about_twice_the_interval(command):
    rate = predicted(command, "h100 --batch-size 512 --efficiency 0.4")["token_throughput_tokens_per_s"]
    one = calibrated(command, f"--measured token_throughput={rate} --uncertainty 0.03")
    two = calibrated(command, f"--measured token_throughput={rate} --uncertainty 0.06")
    ratio = (two["high"] - two["low"]) / (one["high"] - one["low"])
    assert 1.9 < ratio < 2.1


def test_erratum_c01_item_008_1200_tokens_a_second_at_1_4e12_flop_a_token_on_989_tflop_would_take_1_7_of_the_peak(command):
    ran = command(
        "calibrate llama-3-70b h100 --batch-size 4096 --measured token_throughput=1200"
        " --set model.parameters=7e11 --set hardware.compute.fp16_dense=989Tflop/s"
    )
    assert ran.code == 2  # 1200 x 1.4e12 / 989e12 = 1.699
    assert "impossible" in ran.stderr and "an efficiency of 1.7" in ran.stderr and "Likely causes" in ran.stderr


def test_a_memory_bound_rate_does_not_tell_the_efficiency_and_one_beyond_the_memory_is_impossible(command):
    rate = predicted(command, "h100")["token_throughput_tokens_per_s"]
    ran = command(f"calibrate llama-3-8b h100 --measured token_throughput={rate}")
    assert ran.code == 0 and "any efficiency from" in ran.stdout and "does not tell" in ran.stdout
    beyond = command(f"calibrate llama-3-8b h100 --measured token_throughput={2 * rate}")
    assert beyond.code == 2 and "memory or fixed time alone take longer" in beyond.stderr


def test_the_band_on_another_chip_is_wider_and_says_why(command):
    rate = predicted(command, "h100 --batch-size 512 --efficiency 0.4")["token_throughput_tokens_per_s"]
    found = calibrated(command, f"--measured token_throughput={rate} --transfer b200,a100")
    (b200, a100) = found["elsewhere"]
    assert (b200["hardware"], a100["hardware"]) == ("b200", "a100")
    for there in (b200, a100):
        here = math.log(found["high"] / found["low"])
        assert math.log(there["high"] / there["low"]) > here + math.log(2)
    text = command(f"calibrate llama-3-8b h100 --batch-size 512 --measured token_throughput={rate} --transfer b200").stdout
    assert "the band is wider, an efficiency carries over within a factor of 2 either way" in text


def test_a_saved_profile_is_a_plan_that_gives_the_measurement_back(command):
    rate = predicted(command, "h100 --batch-size 512 --efficiency 0.4")["token_throughput_tokens_per_s"]
    ran = command(f"calibrate llama-3-8b h100 --batch-size 512 --measured token_throughput={rate} --save mine.yaml")
    assert ran.code == 0 and "mlsysim eval mine.yaml" in ran.stdout
    again = json.loads(command("eval mine.yaml -o json").stdout)["result"]["token_throughput_tokens_per_s"]
    assert math.isclose(again, rate, rel_tol=1e-5)


def test_what_is_wrong_with_a_measurement_is_named(command):
    for arguments, said in [
        ("", "say what was measured"),
        ("--measured speed=3", "speed is not a result"),
        ("--measured latency=3GB", "latency"),
        ("--measured latency=-1ms", "above 0"),
        ("--measured latency=20ms --uncertainty 2", "--uncertainty 2"),
        ("--measured latency=20ms --transfer h1OO", "h1OO"),
    ]:
        ran = command(f"calibrate llama-3-8b h100 --batch-size 512 {arguments}")
        assert ran.code == 2 and said in ran.stderr, (arguments, ran.stderr)
