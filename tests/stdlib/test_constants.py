"""Constants against CODATA 2022 as SciPy holds it: value and uncertainty."""

from __future__ import annotations

import math

import pytest
from scipy.constants import physical_constants
from tests.stdlib.examples import FOLDER, declarations
from tests.stdlib.running import number

CODATA = {
    "c": "speed of light in vacuum",
    "hbar": "reduced Planck constant",
    "h": "Planck constant",
    "e": "elementary charge",
    "k_B": "Boltzmann constant",
    "kB": "Boltzmann constant",
    "N_A": "Avogadro constant",
    "nu_Cs": "hyperfine transition frequency of Cs-133",
    "K_cd": "luminous efficacy",
    "g_0": "standard acceleration of gravity",
    "R": "molar gas constant",
    "F": "Faraday constant",
    "Phi0": "mag. flux quantum",
    "K_J": "Josephson constant",
    "R_K": "von Klitzing constant",
    "G0": "conductance quantum",
    "sigma_SB": "Stefan-Boltzmann constant",
    "b_wien": "Wien wavelength displacement law constant",
    "b_wien_f": "Wien frequency displacement law constant",
    "eps0": "vacuum electric permittivity",
    "mu0": "vacuum mag. permeability",
    "Z0": "characteristic impedance of vacuum",
    "G": "Newtonian constant of gravitation",
    "alpha": "fine-structure constant",
    "m_e": "electron mass",
    "m_mu": "muon mass",
    "m_p": "proton mass",
    "m_n": "neutron mass",
    "m_d": "deuteron mass",
    "m_alpha": "alpha particle mass",
    "m_u": "atomic mass constant",
    "a_0": "Bohr radius",
    "E_h": "Hartree energy",
    "R_inf": "Rydberg constant",
    "Ry_energy": "Rydberg constant times hc in J",
    "r_e": "classical electron radius",
    "sigma_T": "Thomson cross section",
    "lambda_C": "Compton wavelength",
    "muB": "Bohr magneton",
    "muN": "nuclear magneton",
    "g_e": "electron g factor",
    "g_mu": "muon g factor",
    "g_p": "proton g factor",
    "g_n": "neutron g factor",
    "gamma_e": "electron gyromag. ratio",
    "gamma_p": "proton gyromag. ratio",
    "mu_e": "electron mag. mom.",
    "mu_p": "proton mag. mom.",
}
NUMBERS = {"pi", "inf", "nan"}


def test_every_constant_is_compared() -> None:
    declared = {item.name.text for item in declarations(FOLDER / "constants.qdsl")}
    assert declared == CODATA.keys() | NUMBERS


@pytest.mark.parametrize(("name", "key"), CODATA.items())
def test_value_and_uncertainty_are_codata_2022(name: str, key: str) -> None:
    value, _, error = physical_constants[key]
    assert number(name) == pytest.approx(value, rel=4e-16, abs=0)
    assert number(f"uncertainty({name})") == pytest.approx(error, rel=1e-12, abs=0)


def test_pi_is_pi() -> None:
    assert number("pi") == math.pi
